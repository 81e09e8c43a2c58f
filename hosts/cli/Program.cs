Console.WriteLine("exchange: no verbs yet");

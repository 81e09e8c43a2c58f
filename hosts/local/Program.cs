using Exchange.Rsm.Hosts.Local;

return await CommandLine.RunAsync(args, Console.Out, Console.Error);

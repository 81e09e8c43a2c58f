return Exchange.Rsm.Hosts.Replica.CommandLine.Run(args, Console.Out, Console.Error);

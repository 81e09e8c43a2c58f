using Exchange.Rsm.Hosts.Cli;

return CommandLine.Run(args, Console.Out, Console.Error);

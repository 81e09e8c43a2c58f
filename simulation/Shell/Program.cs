using Exchange.Rsm.Simulation.Shell;

return SimulatorProgram.Run(args, Console.Out, Console.Error);

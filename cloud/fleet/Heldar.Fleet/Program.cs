using Heldar.Fleet.Commands;

return await FleetCommands.Create(Environment.GetEnvironmentVariable, Console.Out, Console.Error).Parse(args).InvokeAsync();

using System.CommandLine;
using Heldar.Local.Commands;
using Heldar.Local.Processes;

var root = new RootCommand("Heldar on one machine: boxes, cameras, queues, functions, fleet and portal. Start with: ./heldar up")
{
    UpCommand.Create(),
    DownCommand.Create(),
    StatusCommand.Create(),
    LogsCommand.Create(),
    TestCommand.Create(),
    SmokeCommand.Create(),
    BenchCommand.Create(),
    DrillCommand.Create(),
    FleetSimCommand.Create(),
    CapacityCommand.Create(),
    FsckCommand.Create(),
    CamerasCommand.Create(),
    FunctionsHostCommand.Create(),
    PackageCommand.Create(),
};

try
{
    var parsed = root.Parse(args);
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(25) });
}
catch (ProcessException problem)
{
    Console.Error.WriteLine("heldar: " + problem.Message);
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}

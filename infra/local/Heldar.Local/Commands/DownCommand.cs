using System.CommandLine;
using Heldar.Local.Emulator;
using Heldar.Local.Processes;

namespace Heldar.Local.Commands;

/// <summary><c>heldar down</c>.</summary>
internal static class DownCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    public static Command Create()
    {
        Option<string> data = DataFolder.Option();
        var command = new Command("down", "Stop what 'up' started on this data folder, and whatever a killed run left behind. The data stays.") { data };
        command.SetAction(async (parsed, cancellation) =>
        {
            var folder = new StackFolder(parsed.GetRequiredValue(data));
            if (RunFile.Read(folder) is not { } run)
            {
                Console.Out.WriteLine($"nothing runs on {folder.Root}");
                return 0;
            }

            if (run.Owner.IsAlive)
            {
                run.Owner.Signal(Signals.Terminate);
                try
                {
                    await Readiness.WaitAsync("up ends", _ => Task.FromResult(!run.Owner.IsAlive), Limit, child: null, cancellation);
                }
                catch (ProcessException)
                {
                    run.Owner.Signal(Signals.Kill);
                }
            }

            foreach (string name in await RunFile.EndStaleAsync(folder, cancellation)) Console.Out.WriteLine($"ended {name} of a killed run");
            Console.Out.WriteLine("stopped");
            return 0;
        });
        return command;
    }
}

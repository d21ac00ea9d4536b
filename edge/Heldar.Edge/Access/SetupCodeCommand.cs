using System.CommandLine;
using Heldar.Edge.Audit;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Access;

/// <summary><c>heldar-edge setup-code</c>: makes the one-time code for the first account and prints it, also beside a running box.</summary>
internal static class SetupCodeCommand
{
    public static Command Create()
    {
        var command = new Command("setup-code", $"Make the one-time code for the first account and print it; it works {SetupCodes.Lifetime.TotalHours:0} hours, and only while there is no account.");
        command.SetAction(parsed =>
        {
            var settings = ConfigOption.Read(parsed);
            DataFolder.Create(settings.DataFolder);
            parsed.InvocationConfiguration.Output.WriteLine(new SetupCodes(settings.DataFolder, SystemClock.Instance).Create());
            CommandAudit.Note(settings.DataFolder, "setup_code.made", "setup-code");
            return 0;
        });
        return command;
    }
}

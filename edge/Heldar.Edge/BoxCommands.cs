using System.CommandLine;
using Heldar.Edge.Access;
using Heldar.Edge.Backup;
using Heldar.Edge.Doctor;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Fsck;
using Heldar.Edge.Mirror;
using Heldar.Edge.Retention;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Edge.Upgrade;
using NodaTime;

namespace Heldar.Edge;

/// <summary>
/// The command line of a box: without a verb it runs. A room adds its verbs with an <c>XCommand.Create()</c> and a line here.
/// </summary>
internal static class BoxCommands
{
    /// <summary>The whole command line; what fails throws, see <c>Program</c>.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("A box: records cameras, answers the API, and keeps working without a network. Without a command it runs.")
        {
            ConfigOption.Create(),
            KeysCommand.Create(),
            SetupCodeCommand.Create(),
            AuditCommand.Create(),
            BackupCommand.Create(),
            RestoreCommand.Create(),
            DoctorCommand.Create(BoxSecrets.Columns),
            SecretsCommand.Create(),
            VolumesCommand.Create(),
            FsckCommand.Create(),
            RetentionCommand.Create(),
            MirrorCommand.Create((settings, replace) => BoxApp.Build(settings, SystemClock.Instance, replace)),
            SchemaCommand.Create(),
        };
        root.SetAction(RunAsync);
        var version = root.Options.OfType<VersionOption>().Single();
        version.Action = new SayVersion();
        return root;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var settings = ConfigOption.Read(parsed);
        using var folder = DataFolder.Take(settings.DataFolder);
        try
        {
            return await RunAsync(settings, _ => { }, cancellation);
        }
        catch (SqliteException e) when (e.IsUnusable)
        {
            // The database opened, and failed what starts on it: recording does without it.
            await Console.Error.WriteLineAsync($"the start failed by the database: {e.Message}");
            return await RunAsync(settings, services => services.AddSingleton(BoxApp.StoreOf(settings) with { Unusable = e.Message }), cancellation);
        }
    }

    private static async Task<int> RunAsync(BoxSettings settings, Action<IServiceCollection> replace, CancellationToken cancellation)
    {
        await using var app = BoxApp.Build(settings, SystemClock.Instance, replace);
        BoxApp.PrintFirstKey(app);
        var guard = app.Services.GetRequiredService<StoreGuard>();
        await BoxApp.RunAsync(app, cancellation);
        return guard.ExitCode;
    }

    private sealed class SayVersion : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(BoxVersion.Text);
            return 0;
        }
    }
}

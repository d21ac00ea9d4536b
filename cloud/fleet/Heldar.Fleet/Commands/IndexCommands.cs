using System.CommandLine;
using System.Globalization;
using Heldar.Cloud.Versions;

namespace Heldar.Fleet.Commands;

/// <summary><c>heldar-fleet index …</c>: a new version of the index, built by the functions beside the one that is searched.</summary>
internal static class IndexCommands
{
    /// <summary>What was asked for is not possible now.</summary>
    private const int NotNow = 1;

    public static Command Create(Func<Func<IServiceProvider, Task<int>>, CancellationToken, Task<int>> withServices, TextWriter output, TextWriter errors)
    {
        return new Command("index", "Build a new version of the search index without downtime.")
        {
            Sub("build", "Begin a new version; the functions build it from stored manifests and switch to it when it equals the current one.", async (versions, cancellation) => await versions.StartAsync(cancellation)),
            Sub("accept", "Switch to the version under construction although it differs from the current one.", async (versions, cancellation) => await versions.AcceptAsync(cancellation) ? null : "no version is being built"),
            Sub("abandon", "Give the version under construction up.", async (versions, cancellation) => await versions.AbandonAsync(cancellation) ? null : "no version is being built"),
            Sub("status", "Print every version, the newest first.", async (versions, cancellation) =>
            {
                foreach (var one in await versions.ListAsync(cancellation))
                {
                    await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{one.Version} {one.State} since {one.StartedAt}: {one.Hours} camera-hours written, {one.Due} to write{(one is { State: "building", Listed: false } ? ", still listing" : "")}"));
                    if (one.Differences is { } differences) await output.WriteLineAsync("  " + differences);
                }

                return null;
            }),
        };

        Command Sub(string name, string description, Func<IndexVersions, CancellationToken, Task<string?>> work)
        {
            var command = new Command(name, description);
            command.SetAction((_, cancellation) => withServices(
                async services =>
                {
                    if (await work(services.GetRequiredService<IndexVersions>(), cancellation) is not { } refusal) return 0;
                    await errors.WriteLineAsync(refusal);
                    return NotNow;
                },
                cancellation));
            return command;
        }
    }
}

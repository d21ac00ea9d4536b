using System.CommandLine;
using Heldar.Local.Emulator;
using Heldar.Local.FleetSim;
using Heldar.Local.Processes;
using NodaTime;

namespace Heldar.Local.Commands;

/// <summary><c>heldar fleet-sim N</c>.</summary>
internal static class FleetSimCommand
{
    private const string Help = """
        Simulate boxes that enrol, sign, batch and send events of every class through the real fleet, queues and functions, and judge the index by the log of what was sent.
        The judge first proves that it finds one lost, one doubled and one changed event. Standard output is one JSON object; everything else goes to standard error.
        Exit code 0 only when nothing is lost, applied twice or wrong.

        Examples:
          ./heldar fleet-sim 5 --seconds 30 --outages        a stack of its own in a throw-away folder
          ./heldar fleet-sim 50 --fleet http://127.0.0.1:5080 --user admin --database "Host=…"
        """;

    public static Command Create()
    {
        var boxes = new Argument<int>("boxes") { Description = "simulated boxes, 1 to 1000" };
        var seconds = new Option<int>("--seconds") { Description = "how long they make events, 1 to 86400", DefaultValueFactory = _ => 30 };
        var rate = new Option<double>("--rate") { Description = "events per second and box, 0.1 to 200", DefaultValueFactory = _ => 5 };
        var cameras = new Option<int>("--cameras") { Description = "cameras per box, 1 to 64", DefaultValueFactory = _ => 4 };
        var seed = new Option<int>("--seed") { Description = "the same seed makes the same events", DefaultValueFactory = _ => 1 };
        var outages = new Option<bool>("--outages") { Description = "lost lines and answers, wrong clocks, a new disk, a camera that moves" };
        var economy = new Option<bool>("--economy") { Description = "flush after 10 s instead of 1 s" };
        var drain = new Option<int>("--drain") { Description = "how long catching up may take at the end, 1 to 3600 s", DefaultValueFactory = _ => 180 };
        var data = new Option<string?>("--data") { Description = "folder for the log and, without --fleet, for everything else; default: a new one in the temporary folder" };
        var fleet = new Option<Uri?>("--fleet") { Description = "a fleet that runs; its administrator's password is read from HELDAR_PASSWORD" };
        var user = new Option<string?>("--user") { Description = "administrator of --fleet" };
        var database = new Option<string?>("--database") { Description = "connection string of the index behind --fleet; without it nothing is judged" };
        var storage = new Option<string?>("--storage") { Description = "connection string of the storage account behind --fleet, for manifests of folded hours" };
        var json = new Option<bool>("--json") { Description = "the JSON object on one line" };
        var command = new Command("fleet-sim", Help) { boxes, seconds, rate, cameras, seed, outages, economy, drain, data, fleet, user, database, storage, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new FleetSimOptions(parsed.GetValue(boxes), Path.GetFullPath(parsed.GetValue(data) ?? SimFolder.Create()))
            {
                Throwaway = parsed.GetValue(data) is null,
                Seconds = parsed.GetValue(seconds),
                Rate = parsed.GetValue(rate),
                Cameras = parsed.GetValue(cameras),
                Seed = parsed.GetValue(seed),
                Outages = parsed.GetValue(outages),
                Flush = Duration.FromSeconds(parsed.GetValue(economy) ? 10 : 1),
                DrainSeconds = parsed.GetValue(drain),
                Fleet = parsed.GetValue(fleet),
                User = parsed.GetValue(user),
                Password = Environment.GetEnvironmentVariable("HELDAR_PASSWORD"),
                Database = parsed.GetValue(database),
                Storage = parsed.GetValue(storage),
            };
            if (options.Mistakes() is { Count: > 0 } mistakes) throw new ProcessException(string.Join("; ", mistakes));
            if (options.Fleet is null) await StackPrerequisites.EnsureCloudAsync(Console.Error.WriteLine, cancellation);
            FleetSimReport report = await new FleetSimRun(options, Console.Error.WriteLine).RunAsync(cancellation);
            Console.Out.WriteLine(report.ToJson(indented: !parsed.GetValue(json)));
            return report.Ok ? 0 : 1;
        });
        return command;
    }
}

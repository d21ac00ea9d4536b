using System.CommandLine;
using System.Globalization;
using Heldar.Edge.Audit;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;

namespace Heldar.Edge;

/// <summary><c>heldar-edge secrets</c>: changes the keys of a box that does not run; whoever runs it holds the data folder meanwhile.</summary>
internal static class SecretsCommand
{
    public static Command Create()
    {
        var rotate = new Command("rotate", "Make a new key for what is sealed from now on; old keys still open what they sealed.");
        rotate.SetAction(parsed => Run(parsed, (secrets, data) =>
        {
            var id = secrets.Rotate().Active.Id;
            CommandAudit.Note(data, "secrets.rotated", id);
            Say($"new secrets are sealed with key {id}");
        }));
        var rekey = new Command("rekey", "Seal everything again with the newest key, prove it, and drop the old keys. Run it again when it was interrupted.");
        rekey.SetAction(parsed => Run(parsed, (secrets, data) =>
        {
            var (ring, count) = secrets.Rekey();
            CommandAudit.Note(data, "secrets.rekeyed", ring.Active.Id, new { resealed = count });
            Say($"{count} secrets sealed again; {ring.Active.Id} is the only key");
        }));
        var status = new Command("status", "Name the keys and how many secrets each sealed; never a secret.");
        status.SetAction(parsed => Run(parsed, (secrets, _) =>
        {
            var (ring, usage) = (secrets.Open(), secrets.Usage());
            foreach (var key in ring.Keys) Say($"{key.Id} {(key == ring.Active ? "active" : "old")} {usage.GetValueOrDefault(key.Id)} secrets");
        }));
        return new Command("secrets", "The keys that seal this box's secrets.") { rotate, rekey, status };
    }

    private static int Run(ParseResult parsed, Action<SecretsFolder, string> work)
    {
        var settings = ConfigOption.Read(parsed);
        using var folder = DataFolder.Take(settings.DataFolder);
        work(new SecretsFolder(settings.DataFolder, BoxSecrets.Columns), settings.DataFolder);
        return 0;
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}

using System.CommandLine;
using System.Net;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;

namespace Heldar.Edge.Upgrade;

/// <summary>
/// <c>heldar-edge schema</c>: what <c>heldar-edge-upgrade</c> asks a version before it switches to it. One line: the database's state (none, same, older, newer), host and port at
/// which this box's API is asked, and the database's file.
/// </summary>
internal static class SchemaCommand
{
    public static Command Create()
    {
        var command = new Command("schema", "Say whether this version can read the box's database, on one line: none, same, older or newer; host and port of the API; the file.");
        command.SetAction(parsed =>
        {
            var settings = ConfigOption.Read(parsed);
            var file = StoreOptions.FileIn(settings.DataFolder);
            Console.WriteLine($"{StoreSchema.Compare(file, StoreSchema.Embedded()).ToString().ToLowerInvariant()} {Host(settings.Listen)} {settings.Listen.Port} {file}");
            return 0;
        });
        return command;
    }

    /// <summary>Where this machine itself reaches the API.</summary>
    internal static string Host(Uri listen)
    {
        var host = listen.Host.Trim('[', ']');
        if (!IPAddress.TryParse(host, out var address) || address.Equals(IPAddress.Any)) return "127.0.0.1";
        return address.Equals(IPAddress.IPv6Any) ? "::1" : host;
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Heldar.Local.Emulator;

/// <summary>Where everything lies in the data folder.</summary>
internal sealed class StackFolder(string root)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The data folder, absolute.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>Held by a running <c>up</c>.</summary>
    public string LockFile => Path.Combine(Root, "run.lock");

    /// <summary>Written by a running <c>up</c>, mode 0600.</summary>
    public string RunFile => Path.Combine(Root, "run.json");

    /// <summary>Ports of the last run by name, so that an address stays valid over a restart; empty when there was none.</summary>
    public Dictionary<string, int> ReadPorts() => Read<Dictionary<string, int>>(PortsFile) ?? [];

    /// <summary>Remembers the ports.</summary>
    public void WritePorts(IReadOnlyDictionary<string, int> ports) => Write(PortsFile, JsonSerializer.Serialize(ports));

    /// <summary>Azurite's data.</summary>
    public string Azurite => Path.Combine(Root, "azurite");

    /// <summary>The simulator's configuration.</summary>
    public string Cameras => Path.Combine(Root, "cameras");

    /// <summary>
    /// PostgreSQL's cluster: in the data folder, unless this is root and the user postgres cannot reach that (a clone in /root), then in
    /// <c>/var/lib/heldar-local</c>.
    /// </summary>
    public string Postgres => !Environment.IsPrivilegedProcess || IsOpenToAll(Root)
        ? Path.Combine(Root, "postgres")
        : Path.Combine("/var/lib/heldar-local", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Root)))[..12], "postgres");

    /// <summary>Log of a process.</summary>
    public string Log(string name) => Path.Combine(Root, "logs", name + ".log");

    /// <summary>All logs there are.</summary>
    public IReadOnlyList<string> Logs() => Directory.Exists(Path.Combine(Root, "logs")) ? [.. Directory.GetFiles(Path.Combine(Root, "logs"), "*.log").Order(StringComparer.Ordinal)] : [];

    /// <summary>Folder of a box: configuration, keys, index, recordings.</summary>
    public string Box(string name) => Path.Combine(Root, "boxes", name);

    /// <summary>A secret of this data folder, made on first use and kept (mode 0600).</summary>
    public string Secret(string name, Func<string> make)
    {
        string path = Path.Combine(Root, "secrets", name);
        if (File.Exists(path)) return File.ReadAllText(path).Trim();
        string value = make();
        Write(path, value);
        return value;
    }

    /// <summary>A random secret, base64 of <paramref name="bytes"/> bytes.</summary>
    public string Secret(string name, int bytes) => Secret(name, () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)));

    /// <summary>Writes a file that only the owner reads, in one step.</summary>
    public static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string making = path + ".making";
        using (var file = new FileStream(making, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            file.Write(Encoding.UTF8.GetBytes(text));
        File.Move(making, path, overwrite: true);
    }

    /// <summary>Reads a JSON file, or null when there is none or it is damaged.</summary>
    public static T? Read<T>(string path)
        where T : class
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<T>(File.ReadAllText(path)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string PortsFile => Path.Combine(Root, "ports.json");

    private static bool IsOpenToAll(string path)
    {
        for (DirectoryInfo? folder = new(path); folder is not null; folder = folder.Parent)
        {
            if (folder.Exists && !folder.UnixFileMode.HasFlag(UnixFileMode.OtherExecute)) return false;
        }

        return true;
    }
}

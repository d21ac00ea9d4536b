using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Heldar.Local.Emulator;

/// <summary>Builds the deployables only when a source has changed since the last build: a build that finds nothing to do costs ten seconds.</summary>
internal static class BuildStamp
{
    private static readonly string[] Projects = ["edge/Heldar.Edge", "cloud/fleet/Heldar.Fleet", "cloud/functions/Heldar.Functions"];
    private static readonly string[] Sources = ["edge", "cloud/fleet", "cloud/functions", "Directory.Build.props", "Directory.Packages.props", "global.json"];
    private static readonly string[] BoxSources = ["edge", "cloud/fleet/Heldar.Contracts", "Directory.Build.props", "Directory.Packages.props", "global.json"];
    private static readonly string[] CloudSources = ["cloud/fleet", "cloud/functions", "Directory.Build.props", "Directory.Packages.props", "global.json"];
    private static readonly string[] Ignored = ["bin", "obj", "node_modules", "dist", "portal"];

    /// <summary>Builds all programs when needed.</summary>
    public static Task EnsureAsync(Action<string> progress, CancellationToken cancellation) => EnsureAsync("programs", Projects, [Build.Edge, Build.Fleet, Build.Functions], Sources, progress, cancellation);

    /// <summary>Builds the box's program alone when needed.</summary>
    public static Task EnsureBoxAsync(Action<string> progress, CancellationToken cancellation) => EnsureAsync("box", Projects[..1], [Build.Edge], BoxSources, progress, cancellation);

    /// <summary>Builds the cloud's programs alone when needed.</summary>
    public static Task EnsureCloudAsync(Action<string> progress, CancellationToken cancellation) => EnsureAsync("cloud", Projects[1..], [Build.Fleet, Build.Functions], CloudSources, progress, cancellation);

    private static async Task EnsureAsync(string name, string[] projects, string[] binaries, string[] sources, Action<string> progress, CancellationToken cancellation)
    {
        string stamp = Repository.File("infra", "local", "Heldar.Local", "obj", $"{name}-{Build.Configuration}.stamp");
        string now = Fingerprint(sources.Select(source => Repository.File(source.Split('/'))));
        if (binaries.All(File.Exists) && File.Exists(stamp) && await File.ReadAllTextAsync(stamp, cancellation) == now) return;
        progress($"building the {name}");
        await Build.EnsureAsync(projects, cancellation);
        Directory.CreateDirectory(Path.GetDirectoryName(stamp)!);
        await File.WriteAllTextAsync(stamp, now, cancellation);
    }

    /// <summary>
    /// Changes with each source that is added, removed or written, and with nothing else: what a build writes into <c>bin</c> and <c>obj</c>, and those folders
    /// themselves, do not count.
    /// </summary>
    public static string Fingerprint(IEnumerable<string> sources)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in sources.SelectMany(Files).Order(StringComparer.Ordinal))
        {
            var file = new FileInfo(path);
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{path}|{file.Length}|{file.LastWriteTimeUtc.Ticks}\n")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<string> Files(string path) => File.Exists(path)
        ? [path]
        : !Directory.Exists(path)
            ? []
            : Directory.EnumerateFiles(path).Concat(Directory.EnumerateDirectories(path).Where(folder => !Ignored.Contains(Path.GetFileName(folder))).SelectMany(Files));
}

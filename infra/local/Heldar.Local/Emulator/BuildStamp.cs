namespace Heldar.Local.Emulator;

/// <summary>Builds the deployables only when a source is newer than the last build: a build that finds nothing to do costs ten seconds.</summary>
internal static class BuildStamp
{
    private static readonly string[] Projects = ["edge/Heldar.Edge", "cloud/fleet/Heldar.Fleet", "cloud/functions/Heldar.Functions"];
    private static readonly string[] Sources = ["edge", "cloud/fleet", "cloud/functions", "Directory.Build.props", "Directory.Packages.props", "global.json"];
    private static readonly string[] Ignored = ["bin", "obj", "node_modules", "dist", "portal"];

    /// <summary>Builds when needed.</summary>
    public static async Task EnsureAsync(Action<string> progress, CancellationToken cancellation)
    {
        string stamp = Repository.File("infra", "local", "Heldar.Local", "obj", $"programs-{Build.Configuration}.stamp");
        DateTime newest = Sources.Max(source => Newest(Repository.File(source.Split('/'))));
        bool built = File.Exists(Build.Edge) && File.Exists(Build.Fleet) && File.Exists(Build.Functions);
        if (built && File.Exists(stamp) && File.GetLastWriteTimeUtc(stamp) == newest) return;
        progress("building the programs");
        await Build.EnsureAsync(Projects, cancellation);
        Directory.CreateDirectory(Path.GetDirectoryName(stamp)!);
        await File.WriteAllTextAsync(stamp, "", cancellation);
        File.SetLastWriteTimeUtc(stamp, newest);
    }

    private static DateTime Newest(string path)
    {
        if (File.Exists(path)) return File.GetLastWriteTimeUtc(path);
        if (!Directory.Exists(path)) return DateTime.MinValue;
        DateTime newest = Directory.GetLastWriteTimeUtc(path);
        foreach (string file in Directory.EnumerateFiles(path)) newest = Later(newest, File.GetLastWriteTimeUtc(file));
        foreach (string folder in Directory.EnumerateDirectories(path))
        {
            if (!Ignored.Contains(Path.GetFileName(folder))) newest = Later(newest, Newest(folder));
        }

        return newest;
    }

    private static DateTime Later(DateTime a, DateTime b) => a > b ? a : b;
}

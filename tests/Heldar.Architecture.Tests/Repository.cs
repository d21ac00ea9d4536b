namespace Heldar.Architecture.Tests;

/// <summary>The source tree under test, found upwards from the test's own folder.</summary>
internal static class Repository
{
    private static readonly string[] Skipped = ["bin", "obj", "node_modules", "dist", ".git", ".heldar", "TestResults"];

    public static string Root { get; } = FindRoot();

    /// <summary>Path relative to the root with forward slashes.</summary>
    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Every source file with one of the endings, build output left out.</summary>
    public static IEnumerable<string> Files(string folder, params string[] endings) => Walk(Path.Combine(Root, folder), endings);

    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    private static IEnumerable<string> Walk(string folder, string[] endings)
    {
        if (!Directory.Exists(folder)) yield break;
        foreach (var file in Directory.EnumerateFiles(folder))
            if (endings.Any(e => file.EndsWith(e, StringComparison.Ordinal))) yield return file;
        foreach (var sub in Directory.EnumerateDirectories(folder))
        {
            if (Skipped.Contains(Path.GetFileName(sub))) continue;
            foreach (var file in Walk(sub, endings)) yield return file;
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Heldar.sln"))) return folder.FullName;
        throw new InvalidOperationException("Heldar.sln not found above " + AppContext.BaseDirectory);
    }
}

using System.Globalization;
using System.Reflection;

namespace Heldar.Cloud.Migrations;

/// <summary>One embedded script, <c>NNNN_name.sql</c>.</summary>
internal sealed record MigrationScript(int Version, string Name, string Text)
{
    /// <summary>All scripts in order. Throws when a number is missing or doubled: the build is broken then.</summary>
    public static IReadOnlyList<MigrationScript> All { get; } = Load();

    private static List<MigrationScript> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        const string marker = ".Migrations.";
        var scripts = assembly.GetManifestResourceNames()
            .Where(n => n.EndsWith(".sql", StringComparison.Ordinal))
            .Select(n => Read(assembly, n, n[(n.IndexOf(marker, StringComparison.Ordinal) + marker.Length)..^".sql".Length]))
            .OrderBy(s => s.Version).ToList();
        for (var i = 0; i < scripts.Count; i++)
            if (scripts[i].Version != i + 1) throw new InvalidOperationException($"migration {scripts[i].Name} stands where number {i + 1} should");
        return scripts;
    }

    private static MigrationScript Read(Assembly assembly, string resource, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return new(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name, reader.ReadToEnd());
    }
}

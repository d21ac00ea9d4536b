using System.Security.Cryptography;
using System.Text;
using Heldar.Local.Processes;

namespace Heldar.Local.Prerequisites;

/// <summary>Installs the portal's packages and builds it, each only when its inputs changed (by content).</summary>
internal static class PortalBuild
{
    private static readonly string[] Inputs = ["src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json"];

    /// <summary>The portal's source folder.</summary>
    public static string Folder => Repository.File("cloud", "fleet", "portal");

    /// <summary>The built files that the fleet serves.</summary>
    public static string Output => Path.Combine(Folder, "dist");

    /// <summary>Installs and builds when needed; one process at a time.</summary>
    /// <exception cref="ProcessException">npm failed; the message ends with its last lines.</exception>
    public static async Task EnsureAsync(Action<string> progress, CancellationToken cancellation)
    {
        using var one = await FileLock.TakeAsync(Path.Combine(Folder, ".build.lock"), cancellation);
        await InstallAsync(progress, cancellation);
        var stamp = Path.Combine(Output, ".heldar-stamp");
        var wanted = await HashAsync(Inputs.Select(i => Path.Combine(Folder, i)), cancellation);
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, cancellation) == wanted) return;
        progress("building the portal");
        (await Tool.RunAsync("npm", ["run", "build"], cancellation, folder: Folder)).OutputOrThrow("npm run build (portal)");
        await File.WriteAllTextAsync(stamp, wanted, cancellation);
    }

    private static async Task InstallAsync(Action<string> progress, CancellationToken cancellation)
    {
        var stamp = Path.Combine(Folder, "node_modules", ".heldar-stamp");
        var wanted = await HashAsync([Path.Combine(Folder, "package-lock.json")], cancellation);
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, cancellation) == wanted) return;
        progress("installing the portal's packages");
        (await Tool.RunAsync("npm", ["ci", "--no-audit", "--no-fund"], cancellation, folder: Folder)).OutputOrThrow("npm ci (portal)");
        await File.WriteAllTextAsync(stamp, wanted, cancellation);
    }

    private static async Task<string> HashAsync(IEnumerable<string> paths, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in paths.SelectMany(Expand).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file));
            hash.AppendData(await File.ReadAllBytesAsync(file, cancellation));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<string> Expand(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : File.Exists(path) ? [path] : [];
}

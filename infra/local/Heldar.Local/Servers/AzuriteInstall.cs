using System.Security.Cryptography;
using Heldar.Local.Processes;

namespace Heldar.Local.Servers;

/// <summary>Installs the pinned Azurite into <c>infra/local/azurite/node_modules</c>, once per content of its lock file.</summary>
internal static class AzuriteInstall
{
    /// <summary>Azurite's entry point.</summary>
    public static string Program => Path.Combine(Folder, "node_modules", "azurite", "dist", "src", "azurite.js");

    private static string Folder => Repository.File("infra", "local", "azurite");

    private static string StampFile => Path.Combine(Folder, "node_modules", ".heldar-stamp");

    /// <summary>True when the locked version is installed.</summary>
    public static bool IsInstalled => File.Exists(Program) && File.Exists(StampFile) && File.ReadAllText(StampFile) == Stamp();

    /// <summary>Runs <c>npm ci</c> when needed; one process at a time.</summary>
    /// <exception cref="ProcessException">Node.js is missing or npm fails.</exception>
    public static async Task EnsureAsync(CancellationToken cancellation)
    {
        if (IsInstalled) return;
        if (Tool.Find("node") is null || Tool.Find("npm") is null) throw new ProcessException("Node.js 20.19 or newer with npm is not installed: see https://nodejs.org");
        using FileLock one = await FileLock.TakeAsync(Path.Combine(Folder, ".install.lock"), cancellation);
        if (IsInstalled) return;
        (await Tool.RunAsync("npm", ["ci", "--no-audit", "--no-fund"], cancellation, folder: Folder)).OutputOrThrow("npm ci (Azurite)");
        await File.WriteAllTextAsync(StampFile, Stamp(), cancellation);
    }

    private static string Stamp() => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Folder, "package-lock.json"))));
}

using Heldar.Local.Processes;

namespace Heldar.Local.Prerequisites;

/// <summary>Node.js with npm: runs Azurite and builds the portal. It is not installed by this program, because Debian 12's is too old for the portal's tools.</summary>
internal static class NodeJs
{
    /// <summary>The oldest that the portal's build accepts (<c>engines</c> in its package.json).</summary>
    public static Version Oldest { get; } = new(20, 19);

    /// <summary>What is wrong and how to mend it, or null when it can be used.</summary>
    public static async Task<string?> ProblemAsync(CancellationToken cancellation)
    {
        if (Tool.Find("node") is null) return Problem("Node.js is not installed");
        if (Tool.Find("npm") is null) return Problem("Node.js is here, but its npm is not installed");
        ToolResult said = await Tool.RunAsync("node", ["--version"], cancellation);
        return Judge(said.Output);
    }

    /// <summary>The same for what <c>node --version</c> printed, for example <c>v20.19.2</c>.</summary>
    public static string? Judge(string printed)
    {
        string version = printed.Trim();
        return Version.TryParse(version.TrimStart('v'), out Version? found) && found >= Oldest ? null : Problem($"Node.js is too old ({(version.Length > 0 ? version : "it prints no version")})");
    }

    private static string Problem(string cause) =>
        $"{cause}: version {Oldest} or newer with npm is needed. Get it from https://nodejs.org; from Debian 13 on, 'apt-get install nodejs npm' is new enough";
}

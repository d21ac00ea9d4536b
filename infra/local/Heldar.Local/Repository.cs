using Heldar.Local.Processes;

namespace Heldar.Local;

/// <summary>Where the clone lies that this program was built in.</summary>
internal static class Repository
{
    /// <summary>The folder with Heldar.sln above this program's binary.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>A path inside the clone.</summary>
    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find(string from)
    {
        for (DirectoryInfo? folder = new(from); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "Heldar.sln"))) return folder.FullName;
        }

        throw new ProcessException($"no Heldar.sln above {from}: the local emulator runs from a clone of the repository");
    }
}

using System.Security.Cryptography;
using System.Text;

namespace Heldar.Edge.Store;

/// <summary>
/// Where a database lies that stands in for the box's own one while that cannot be used: a private folder (mode 0700) among the system's temporary files, or in its memory. It goes
/// with the store; what a killed process left goes when the next one makes its own. The caller holds the data folder, so that there is one of a database.
/// </summary>
internal sealed class SubstituteFolder : IDisposable
{
    /// <summary>A place with less room is taken only when no other can be.</summary>
    private const long Roomy = 256L << 20;

    private SubstituteFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The database within it.</summary>
    public string File => System.IO.Path.Combine(Path, "box.db");

    /// <summary>The places in the order in which they are to be tried.</summary>
    public static IReadOnlyList<string> Order(IReadOnlyList<string> places) => [.. places.OrderBy(p => Free(p) < Roomy)];

    /// <summary>Makes the folder.</summary>
    /// <param name="place">Folder that it comes into.</param>
    /// <param name="database">The database that it stands in for.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static SubstituteFolder Make(string place, string database)
    {
        var prefix = $"heldar-store-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(database)))[..16]}-";
        foreach (var left in Directory.EnumerateDirectories(place, prefix + "*")) Remove(left);
        // A name that nobody can guess, so that nobody's folder is taken for it.
        var path = System.IO.Path.Combine(place, prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new(path);
    }

    public void Dispose() => Remove(Path);

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else's, or gone: nothing depends on it.
        }
    }

    private static long Free(string place)
    {
        try
        {
            return new DriveInfo(place).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return 0;
        }
    }
}

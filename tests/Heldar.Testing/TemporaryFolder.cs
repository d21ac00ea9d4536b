namespace Heldar.Testing;

/// <summary>Throw-away folders that other users may enter (PostgreSQL runs as its own user).</summary>
public static class TemporaryFolder
{
    /// <summary>Makes <c>/tmp/heldar-test-NAME-XXXX</c>.</summary>
    public static string Create(string name)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"heldar-test-{name}-{Path.GetRandomFileName()}");
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("755", 8));
        return folder;
    }

    /// <summary>Removes it with everything in it; what another process still writes is left to the system.</summary>
    public static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // Still in use: the temporary folder is cleaned by the system.
        }
    }
}

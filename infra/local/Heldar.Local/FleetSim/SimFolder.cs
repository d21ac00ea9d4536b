namespace Heldar.Local.FleetSim;

/// <summary>Folders of runs that bring their own stack: only the log outlives the run.</summary>
internal static class SimFolder
{
    /// <summary>A new one that the user of PostgreSQL may enter.</summary>
    public static string Create()
    {
        string folder = Directory.CreateTempSubdirectory("heldar-fleet-sim-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("755", 8));
        return folder;
    }

    /// <summary>Removes the stack's data; logs of what was sent, and of the programs, stay.</summary>
    public static void Clear(string folder)
    {
        foreach (string data in Directory.GetDirectories(folder).Where(f => Path.GetFileName(f) != "logs")) Directory.Delete(data, recursive: true);
    }
}

namespace Heldar.Local.Emulator;

/// <summary>One box of the stack.</summary>
/// <param name="Name">Its name, also of its log.</param>
/// <param name="Site">Its site.</param>
/// <param name="Url">Its API.</param>
/// <param name="Folder">Its folder: heldar.yaml, data, recordings.</param>
/// <param name="Service">Its process.</param>
/// <param name="Cameras">Names of its cameras.</param>
internal sealed record Box(string Name, Site Site, Uri Url, string Folder, Service Service, IReadOnlyList<string> Cameras)
{
    /// <summary>Bearer key of its API.</summary>
    public string Key { get; set; } = "";

    /// <summary>Its configuration.</summary>
    public string ConfigFile => Path.Combine(Folder, "heldar.yaml");

    /// <summary>Its recordings.</summary>
    public string Recordings => Path.Combine(Folder, "recordings");
}

using System.Text;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>
/// The id that this box writes on its disks, in <c>box.id</c> of the data folder. A box that lost its data folder takes it back from its disks, so that they stay its own.
/// </summary>
internal static class BoxMark
{
    private const string Name = "box.id";

    /// <summary>The id; made when neither the data folder nor a disk knows one.</summary>
    /// <exception cref="InvalidDataException">The file is damaged; it is not touched.</exception>
    public static Guid ReadOrCreate(string dataFolder, IReadOnlyList<VolumeSettings> volumes, Instant now)
    {
        var file = Path.Combine(dataFolder, Name);
        if (File.Exists(file))
        {
            return Guid.TryParseExact(Encoding.ASCII.GetString(KeyFile.Read(file, 1024)).Trim(), "D", out var known)
                ? known
                : throw new InvalidDataException($"{file} does not hold the id of a box; without the file, the box takes its id from its disks");
        }

        DataFolder.Create(dataFolder);
        var id = volumes.Select(OnDisk).FirstOrDefault(b => b is not null) ?? Guid.CreateVersion7(now.ToDateTimeOffset());
        KeyFile.Write(file, Encoding.ASCII.GetBytes(id.ToString("D") + "\n"));
        return id;
    }

    private static Guid? OnDisk(VolumeSettings volume)
    {
        try
        {
            return Volume.ReadIdentity(volume.Path)?.Box;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }
}

using System.CommandLine;
using Heldar.Edge.Audit;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary><c>heldar-edge volumes adopt</c>: makes the disk at a path this box's own, after a person looked at it. A running box takes it within half a minute.</summary>
internal static class VolumesCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "folder of a volume, as the settings name it" };
        var adopt = new Command("adopt", "Take over the disk at a path: a new and empty one, one of another box, or one that had another role. Footage on it stays.") { path };
        adopt.SetAction(parsed =>
        {
            var settings = ConfigOption.Read(parsed);
            var done = Adopt(settings, parsed.GetRequiredValue(path), SystemClock.Instance.GetCurrentInstant());
            CommandAudit.Note(settings.DataFolder, "volume.adopted", parsed.GetRequiredValue(path), new { done });
            Console.WriteLine(done);
            return 0;
        });
        return new Command("volumes", "Disks that footage is recorded to.") { adopt };
    }

    /// <summary>Writes the identity; answers what was done.</summary>
    /// <exception cref="InvalidDataException">The path is no volume of the settings, or its identity is damaged.</exception>
    /// <exception cref="IOException">The disk is not there or takes no writes.</exception>
    public static string Adopt(BoxSettings settings, string path, Instant now)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var wish = settings.Recording.AllVolumes.FirstOrDefault(v => v.Path == full) ?? throw new InvalidDataException($"{full} is no volume of {settings.File}");
        if (!Directory.Exists(full)) throw new DirectoryNotFoundException($"{full} is not there");
        var box = BoxMark.ReadOrCreate(settings.DataFolder, settings.Recording.AllVolumes, now);
        var role = VolumeAdmission.Word(wish.Role);
        var before = Volume.ReadIdentity(full);
        var identity = before is null ? new VolumeIdentity(1, Guid.CreateVersion7(now.ToDateTimeOffset()), now, box, role) : before with { Box = box, Role = role };
        Volume.Write(full, identity);
        return before is null ? $"{full} is a new {role} volume, {identity.Id:D}" : $"{full} is this box's {role} volume now, {identity.Id:D}";
    }
}

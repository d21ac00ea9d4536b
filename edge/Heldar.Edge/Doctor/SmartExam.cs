using Heldar.Edge.Health;
using NodaTime;

namespace Heldar.Edge.Doctor;

/// <summary>Tells what the disks say of themselves, and of which of them the box knows nothing.</summary>
internal static class SmartExam
{
    private const string Check = "smart";

    /// <param name="disks">Names, such as <c>sda</c>.</param>
    /// <param name="folder">Where the job of root leaves their answers.</param>
    /// <param name="now">The clock.</param>
    public static IEnumerable<Finding> Look(IEnumerable<string> disks, string folder, Instant now)
    {
        foreach (var disk in disks)
        {
            var report = SmartFiles.Read(folder, disk, now);
            yield return report?.Healthy switch
            {
                true => Finding.Ok(Check, $"disk {disk} says that it is well"),
                false => Finding.Warning(Check, $"disk {disk}: {report?.Problem}", "it may fail within days, with all that is on it", "replace it; until then name another disk in recording.volumes"),
                _ => Finding.Warning(
                    Check, $"SMART of disk {disk} is not known: {report?.Problem ?? $"nothing lies in {folder}"}", "nobody would be warned before it fails; disks behind a controller or of a virtual machine may have none",
                    "install smartmontools, then: systemctl enable --now heldar-smart.timer; journalctl -u heldar-smart tells what went wrong"),
            };
        }
    }
}

namespace Heldar.Edge.Storage;

/// <summary>What kind of trouble a volume has.</summary>
internal enum VolumeFault
{
    None,

    /// <summary>No space is left; it works again when there is some.</summary>
    Full,

    /// <summary>The file system takes no writes any more, which is how kernels answer a failing disk.</summary>
    ReadOnly,

    /// <summary>The disk answers with errors.</summary>
    IoError,

    /// <summary>The disk is not mounted any more.</summary>
    Away,

    /// <summary>Something else, such as a file in the way.</summary>
    Other,

    /// <summary>A folder of it is a symbolic link: what is behind it is not this volume.</summary>
    Linked,

    /// <summary>The disk does not answer; what is written to it waits.</summary>
    Silent,

    /// <summary>The thread that writes it ended by an error of the program.</summary>
    Ended,
}

/// <summary>The volume is not where it was: its identity file is missing.</summary>
internal sealed class VolumeAwayException(string root) : IOException($"the volume at {root} is not there any more: its volume.json is missing, so the disk is not mounted");

/// <summary>A part of a path below the volume's root is a symbolic link.</summary>
internal sealed class LinkedPathException(string link) : IOException($"{link} is a symbolic link: nothing is written behind it. Put a folder in its place, or name the other disk in recording.volumes");

/// <summary>Tells the kinds apart by the error of the operating system.</summary>
internal static class VolumeFaults
{
    private const int NoDevice = 6;
    private const int Io = 5;
    private const int NoSpace = 28;
    private const int ReadOnlyFileSystem = 30;
    private const int Quota = 122;
    private const int Stale = 116;

    /// <summary>The device was taken away while it was in use.</summary>
    private const int NoSuchDevice = 19;

    /// <summary>A network disk, or the transport of a local one, gave up.</summary>
    private const int TimedOut = 110;

    /// <summary>The file system found itself damaged.</summary>
    private const int NeedsCleaning = 117;
    private const int RemoteIo = 121;

    /// <summary>The kind of an error of a write, sync or open.</summary>
    public static VolumeFault Of(Exception error) => error switch
    {
        VolumeAwayException => VolumeFault.Away,
        LinkedPathException => VolumeFault.Linked,
        { HResult: NoSpace or Quota } => VolumeFault.Full,
        { HResult: ReadOnlyFileSystem } => VolumeFault.ReadOnly,
        { HResult: Io or NoDevice or NoSuchDevice or Stale or TimedOut or NeedsCleaning or RemoteIo } => VolumeFault.IoError,
        { InnerException: { } inner } => Of(inner),
        _ => VolumeFault.Other,
    };

    /// <summary>Whether files that were opened before cannot be trusted to reach the disk, so that the volume is opened anew.</summary>
    public static bool NeedsReopening(this VolumeFault fault) => fault is VolumeFault.ReadOnly or VolumeFault.IoError or VolumeFault.Away or VolumeFault.Ended;

    /// <summary>The word of the API.</summary>
    public static string Word(this VolumeFault fault) => fault switch
    {
        VolumeFault.Full => "disk_full",
        VolumeFault.ReadOnly => "read_only",
        VolumeFault.IoError => "io_error",
        VolumeFault.Away => "not_mounted",
        VolumeFault.Linked => "linked",
        VolumeFault.Silent => "hangs",
        VolumeFault.Other or VolumeFault.Ended => "error",
        _ => "ok",
    };
}

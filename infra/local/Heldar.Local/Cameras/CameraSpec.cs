namespace Heldar.Local.Cameras;

/// <summary>One simulated camera.</summary>
/// <param name="Name">Name, also its RTSP path.</param>
/// <param name="Footage">What it shows.</param>
internal sealed record CameraSpec(string Name, FootageRecipe Footage)
{
    /// <summary><c>none</c>, <c>aac</c>, <c>pcmu</c> or <c>pcma</c>.</summary>
    public string Audio { get; init; } = "none";

    /// <summary><c>digest</c>, <c>basic</c>, <c>none</c>, or <c>tls</c>: rtsps with digest and a certificate of the camera's own.</summary>
    public string Authentication { get; init; } = "digest";

    /// <summary>Whose clock the box dates its pictures by: <c>box</c> or <c>camera</c>.</summary>
    public string Clock { get; init; } = "box";

    /// <summary>Clients that may play it at once, the next is refused with 453; 0 is any number.</summary>
    public int MaxSessions { get; init; }

    /// <summary>Clips that control can switch to (<c>footage?use=1</c> and so on); same codec and frame rate.</summary>
    public IReadOnlyList<FootageRecipe> Alternates { get; init; } = [];

    /// <summary>Its own storage, which it replays from; null for a camera without.</summary>
    public CameraStorage? Storage { get; init; }

    /// <summary>A varied set of cameras: every third H.265, audio of each kind, GOPs of 1 to 4 s, 720p and 1080p.</summary>
    public static IReadOnlyList<CameraSpec> Varied(int count, bool surveillance = false) =>
        [.. Enumerable.Range(0, count).Select(number => Vary(number, surveillance))];

    private static CameraSpec Vary(int number, bool surveillance)
    {
        string codec = number % 3 == 1 ? "h265" : "h264";
        int height = number % 4 == 3 ? 1080 : 720;
        int gop = (number % 4) switch { 0 => 2, 1 => 1, 2 => 4, _ => 2 };
        string audio = (number % 4) switch { 0 => "aac", 2 => "pcmu", _ => "none" };
        var footage = new FootageRecipe(codec, height, 25, gop, FootageRecipe.UsualKilobits(codec, height), surveillance);
        return new CameraSpec($"cam{number:00}", footage) { Audio = audio };
    }
}

/// <summary>A camera's own storage.</summary>
/// <param name="Minutes">How much it keeps.</param>
internal sealed record CameraStorage(double Minutes = 10)
{
    /// <summary>How many may replay at once; more are refused (453).</summary>
    public int Sessions { get; init; } = 1;

    /// <summary>It replays no faster than it recorded, whatever it is asked for.</summary>
    public bool RealTime { get; init; }

    /// <summary>It knows <c>Require: onvif-replay</c> and dates each picture by RTP header extension; otherwise by RTCP alone.</summary>
    public bool Onvif { get; init; } = true;

    /// <summary>The times stand in the address (<c>?starttime=…&amp;endtime=…</c>).</summary>
    public bool TimesInUrl { get; init; }
}

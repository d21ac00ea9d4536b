using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Heldar.Local.Cameras;

/// <summary>What a clip contains; equal recipes share one file in the cache.</summary>
/// <param name="Codec"><c>h264</c> or <c>h265</c>.</param>
/// <param name="Height">Picture height, 360 to 2160; the picture is 16:9.</param>
/// <param name="FramesPerSecond">1 to 60.</param>
/// <param name="GopSeconds">Seconds between keyframes: 1, 2, 3 or 4.</param>
/// <param name="KilobitsPerSecond">Target and ceiling of the bit rate.</param>
/// <param name="Surveillance">Real footage (<c>vtest.avi</c>) instead of the moving test picture.</param>
internal sealed record FootageRecipe(string Codec, int Height, int FramesPerSecond, int GopSeconds, int KilobitsPerSecond, bool Surveillance = false)
{
    /// <summary>Length of a clip: a whole number of GOPs of 1, 2, 3 or 4 s.</summary>
    public const int Seconds = 12;

    // Raise it when the way a clip is made changes.
    private const int Version = 1;

    /// <summary>Something that is wrong with the picture: <c>black</c>, <c>covered</c>, <c>frozen</c>, or <c>elsewhere</c> for another scene; empty for a camera that is well. Such a clip has no frame number in its pixels.</summary>
    public string Fault { get; init; } = "";

    /// <summary>Picture width.</summary>
    public int Width => Height / 9 * 16;

    /// <summary>Frames in the loop.</summary>
    public int Frames => Seconds * FramesPerSecond;

    /// <summary>File name in the cache: readable, and unique by content of the recipe.</summary>
    public string FileName
    {
        get
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"{Version}|{Codec}|{Height}|{FramesPerSecond}|{GopSeconds}|{KilobitsPerSecond}|{Surveillance}|{Seconds}") + (Fault.Length > 0 ? "|" + Fault : "");
            return string.Create(CultureInfo.InvariantCulture, $"{Codec}-{Height}p{FramesPerSecond}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12]}.mp4");
        }
    }

    /// <summary>A usual bit rate for a height and codec.</summary>
    public static int UsualKilobits(string codec, int height)
    {
        int h264 = height switch { <= 360 => 500, <= 720 => 2000, <= 1080 => 4000, <= 1440 => 6000, _ => 12000 };
        return codec == "h265" ? h264 * 6 / 10 : h264;
    }
}

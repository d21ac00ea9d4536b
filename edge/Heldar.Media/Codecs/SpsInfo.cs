namespace Heldar.Media.Codecs;

/// <summary>What a sequence parameter set says about the picture.</summary>
/// <param name="Id">seq_parameter_set_id.</param>
/// <param name="Width">Cropped width in pixels.</param>
/// <param name="Height">Cropped height in pixels.</param>
/// <param name="CodecString">RFC 6381 codecs parameter.</param>
internal sealed record SpsInfo(int Id, int Width, int Height, string CodecString)
{
    /// <summary>Largest side that is believed; level limits of both codecs stay below it.</summary>
    public const int MaxSide = 16_888;

    internal static SpsInfo? Checked(uint id, long width, long height, string codec) =>
        width is > 0 and <= MaxSide && height is > 0 and <= MaxSide ? new SpsInfo((int)id, (int)width, (int)height, codec) : null;
}

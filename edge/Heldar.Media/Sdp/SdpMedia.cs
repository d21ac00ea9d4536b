namespace Heldar.Media.Sdp;

/// <summary>One <c>m=</c> section with the attributes of its first payload type.</summary>
/// <param name="Kind"><c>video</c>, <c>audio</c>, <c>application</c>, …</param>
/// <param name="PayloadType">First RTP payload type, 0 to 127.</param>
/// <param name="Encoding">Encoding name of <c>a=rtpmap</c>, upper case; for static types its registered name (RFC 3551 table 4); otherwise empty.</param>
/// <param name="ClockRate">Hz, 0 when unknown.</param>
/// <param name="Channels">Audio channels, at least 1.</param>
/// <param name="Control"><c>a=control</c>, or empty.</param>
/// <param name="Parameters"><c>a=fmtp</c>, names in lower case.</param>
internal sealed record SdpMedia(
    string Kind, int PayloadType, string Encoding, int ClockRate, int Channels, string Control, IReadOnlyDictionary<string, string> Parameters)
{
    public string Parameter(string name) => Parameters.GetValueOrDefault(name, "");
}

/// <summary>A session description, as far as a recorder needs it.</summary>
/// <param name="Control">Session-level <c>a=control</c>, or empty.</param>
/// <param name="Media">Sections in order.</param>
internal sealed record SdpSession(string Control, IReadOnlyList<SdpMedia> Media);

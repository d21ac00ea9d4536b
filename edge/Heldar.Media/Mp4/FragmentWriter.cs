namespace Heldar.Media.Mp4;

/// <summary>
/// Builds what precedes the media of one fragment: <c>moof</c> and the head of <c>mdat</c>. The media itself is not touched; in the file it follows
/// directly, video first. The buffer is reused by the next call. One thread at a time.
/// </summary>
public sealed class FragmentWriter
{
    private readonly BoxWriter _writer = new(4096);

    /// <summary>Builds the head of a fragment whose tracks are laid out.</summary>
    /// <param name="sequence">From 1, rising within the file.</param>
    /// <param name="video">At least one sample, or none when audio has some.</param>
    /// <param name="audio">Samples of the audio track, or null.</param>
    /// <returns>Valid until the next call.</returns>
    public ReadOnlyMemory<byte> Build(uint sequence, TrackSamples video, TrackSamples? audio)
    {
        var w = _writer;
        w.Clear();
        var moof = w.Begin("moof"u8);
        var mfhd = w.Begin("mfhd"u8, 0, 0);
        w.U32(sequence);
        w.End(mfhd);
        var videoOffset = video.Count > 0 ? video.Write(w, Mp4Header.VideoTrack) : -1;
        var audioOffset = audio is { Count: > 0 } ? audio.Write(w, Mp4Header.AudioTrack) : -1;
        w.End(moof);
        var media = w.Position + 8;
        if (videoOffset >= 0) w.PatchU32(videoOffset, (uint)media);
        if (audioOffset >= 0) w.PatchU32(audioOffset, (uint)(media + video.Bytes));
        w.U32((uint)(8 + video.Bytes + (audio?.Bytes ?? 0)));
        w.Bytes("mdat"u8);
        return w.Written;
    }
}

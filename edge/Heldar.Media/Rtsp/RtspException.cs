using Heldar.Media.Streams;

namespace Heldar.Media.Rtsp;

/// <summary>A stream cannot be opened or went on wrongly. The message is for people and never holds credentials.</summary>
internal sealed class RtspException(StreamFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public StreamFailure Failure { get; } = failure;
}

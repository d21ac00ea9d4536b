using System.Xml.Linq;

namespace Heldar.Edge.CameraEvents;

/// <summary>Why a camera's events do not come.</summary>
internal enum OnvifFailure
{
    /// <summary>No connection, or it broke.</summary>
    Unreachable,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>The camera wants other credentials.</summary>
    AuthFailed,

    /// <summary>The camera has no such service or operation.</summary>
    NotSupported,

    /// <summary>The camera says no; its reason is in the message.</summary>
    Refused,

    /// <summary>The answer is not what ONVIF says, too large, or hostile.</summary>
    Malformed,
}

/// <summary>A request to a camera failed. The message is for people and holds no credentials.</summary>
internal sealed class OnvifException(OnvifFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public OnvifFailure Failure { get; } = failure;

    /// <summary>Details of a SOAP fault, where the camera gave some.</summary>
    public XElement? Detail { get; init; }
}

namespace Heldar.Local.Processes;

/// <summary>A process or a step of the launcher failed in a way that a person can act on; the message says what and where to look.</summary>
public sealed class ProcessException : Exception
{
    public ProcessException(string message)
        : base(message)
    {
    }

    public ProcessException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public ProcessException()
    {
    }
}

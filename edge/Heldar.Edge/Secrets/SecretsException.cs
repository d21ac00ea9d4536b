namespace Heldar.Edge.Secrets;

/// <summary>The secrets of a data folder cannot be opened. The message says what is wrong, what to do, and that nothing was changed; it holds no secret.</summary>
internal sealed class SecretsException(string message, Exception? inner = null) : Exception(message, inner);

namespace Heldar.Edge.Backup;

/// <summary>A backup could not be made or brought back. The message says why, and holds no secret. Nothing that was there before has changed.</summary>
internal sealed class BackupException(string message, Exception? inner = null) : Exception(message, inner);

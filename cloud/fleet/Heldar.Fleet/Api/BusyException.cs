namespace Heldar.Fleet.Api;

/// <summary>Something bounded is full for the moment: becomes 503 <c>too_many</c> with this text.</summary>
internal sealed class BusyException(string message) : Exception(message);

namespace Heldar.Fleet.Api;

/// <summary>Input that a person or program must correct: becomes 400 <c>bad_request</c> with this text.</summary>
internal sealed class BadInputException(string message, Exception? inner = null) : Exception(message, inner);

using Heldar.Media.Streams;

namespace Heldar.Media.Ingest;

/// <summary>How a connection ended.</summary>
/// <param name="Loss">For subscribers.</param>
/// <param name="Failure">By kind.</param>
/// <param name="Cause">In words.</param>
/// <param name="Lasted">Media flowed for at least 10 s: the next failure counts as the first.</param>
internal sealed record StreamEnd(StreamLoss Loss, StreamFailure Failure, string Cause, bool Lasted);

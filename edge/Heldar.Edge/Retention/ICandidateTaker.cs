namespace Heldar.Edge.Retention;

/// <summary>What happens to a segment that the rules give up: it is deleted, or only listed by a dry run.</summary>
internal interface ICandidateTaker
{
    /// <summary>Takes segments; answers those that it took. What is held or read stays.</summary>
    /// <param name="segments">Oldest first.</param>
    /// <param name="reason">age, quota, cap or floor.</param>
    /// <param name="cancellation">Gives up between segments.</param>
    Task<IReadOnlyList<Candidate>> TakeAsync(IReadOnlyList<Candidate> segments, string reason, CancellationToken cancellation);
}

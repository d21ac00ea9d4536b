using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Enrolment;

/// <summary>
/// Brings the box to its fleet once: shows the token and proves that it holds its key. The answer's identity is kept; enrolling again with the
/// same token and key gives the same identity, so a lost answer costs nothing.
/// </summary>
internal sealed class Enroller(FleetClient fleet, FleetSettings settings, BoxSettings box, BoxKey key, IdentityStore identities)
{
    /// <summary>Whether there is a token to enrol with.</summary>
    public bool HasToken => settings.EnrolmentToken is not null;

    /// <summary>Enrols now. Throws <see cref="FleetRefusedException"/> or <see cref="HttpRequestException"/>; the caller waits and calls again.</summary>
    public async Task<EnrolResponse> EnrolAsync(CancellationToken cancellation)
    {
        var token = settings.EnrolmentToken?.Reveal() ?? throw new InvalidOperationException("there is no enrolment token");
        var request = new EnrolRequest(token, key.PublicKey, box.Name, BoxVersion.Text, key.Sign(EnrolRequest.ProofBytes(token)));
        var answer = await fleet.EnrolAsync(request, cancellation);
        _ = EventSource.OfBox(answer.Tenant, answer.Site, answer.Box);
        identities.Keep(new BoxIdentity(answer.Tenant, answer.Site, answer.Box, key.Id));
        return answer;
    }
}

/// <summary>The software's version as the fleet sees it.</summary>
internal static class BoxVersion
{
    public static string Text { get; } = typeof(BoxVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}

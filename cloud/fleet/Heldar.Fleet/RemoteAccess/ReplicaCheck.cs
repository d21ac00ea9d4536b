using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>Lets in other replicas by their token.</summary>
internal sealed class ReplicaCheck(ReplicaTokens tokens) : ICallerCheck
{
    public bool Covers(Need need) => need is Need.Replica;

    public ValueTask<Refusal?> CheckAsync(HttpContext context, Need need)
    {
        if (tokens.Read(context.Request.Headers[ReplicaTokens.Header]) is not { } request)
            return ValueTask.FromResult<Refusal?>(Refusal.Of(401, ErrorCodes.Unauthenticated, "only replicas of this service may call this"));
        context.Features.Set(request);
        return ValueTask.FromResult<Refusal?>(null);
    }
}

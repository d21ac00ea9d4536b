using Azure;
using Azure.Core;
using Azure.Identity;

namespace Heldar.Cloud.Storage;

/// <summary>
/// The identity that this program runs as, as its environment says:
/// <list type="bullet">
/// <item><c>AZURE_FEDERATED_TOKEN_FILE</c>: the workload identity of a Kubernetes service account (which has an <c>AZURE_CLIENT_ID</c>, too).</item>
/// <item><c>AZURE_CLIENT_ID</c>: that managed identity and no other. A deployment sets it: what a program may do must not depend on what else somebody signed in with there.</item>
/// <item>Neither: Azure's usual order, which finds the only identity of a machine, or who is signed in at the Azure CLI.</item>
/// </list>
/// Without a token it throws <see cref="RequestFailedException"/> with 401, the cause and what to do. Tokens are kept until shortly before they end. Thread-safe.
/// </summary>
internal sealed class ProgramIdentity : TokenCredential
{
    /// <summary>Characters of a cause that are told: the usual order names every source that it tried.</summary>
    private const int MaxCause = 400;

    private readonly string _name;

    public ProgramIdentity(Func<string, string?> variable)
    {
        var client = variable("AZURE_CLIENT_ID") is { Length: > 0 } id ? id : null;
        (Source, _name) = (variable("AZURE_FEDERATED_TOKEN_FILE"), client) switch
        {
            ({ Length: > 0 }, _) => ((TokenCredential)new WorkloadIdentityCredential(), $"the workload identity {client}"),
            (_, { } one) => (new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(one)), $"the managed identity {one}"),
            _ => (new DefaultAzureCredential(), "the program's identity"),
        };
    }

    /// <summary>An identity that somebody else knows how to get tokens of.</summary>
    public ProgramIdentity(TokenCredential source, string name) => (Source, _name) = (source, name);

    /// <summary>What gets the tokens.</summary>
    public TokenCredential Source { get; }

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        try
        {
            return Source.GetToken(requestContext, cancellationToken);
        }
        catch (AuthenticationFailedException fault)
        {
            throw NoToken(fault);
        }
    }

    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        try
        {
            return await Source.GetTokenAsync(requestContext, cancellationToken);
        }
        catch (AuthenticationFailedException fault)
        {
            throw NoToken(fault);
        }
    }

    /// <summary>Who is named in errors.</summary>
    public override string ToString() => _name;

    private RequestFailedException NoToken(AuthenticationFailedException fault)
    {
        var cause = fault.Message.ReplaceLineEndings(" ");
        if (cause.Length > MaxCause) cause = cause[..MaxCause] + "…";
        return new(401, $"no token for the storage account, {_name} gets none ({cause}): assign it to this program and name it in AZURE_CLIENT_ID, or give a connection string with a key", "NoToken", fault);
    }
}

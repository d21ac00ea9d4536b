using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Microsoft.AspNetCore.Http.Features;
using NodaTime;

namespace Heldar.Fleet.Boxes;

/// <summary>
/// Lets in boxes by their signature (<see cref="BoxRequestSignature"/>). A request may be repeated within the accepted time: every call of a box is
/// idempotent. The body is read once, within bounds, and left for the endpoint.
/// </summary>
internal sealed class BoxSignatureCheck(BoxDirectory boxes, IClock clock) : ICallerCheck
{
    /// <summary>How far a box's clock may be off.</summary>
    public static readonly Duration MaxSkew = Duration.FromMinutes(5);

    private static readonly Refusal Unknown = Refusal.Of(401, ErrorCodes.Unauthenticated, "the signature is missing, malformed or not of a registered key; enrol the box again if its key is new");

    public bool Covers(Need need) => need is Need.Box;

    public async ValueTask<Refusal?> CheckAsync(HttpContext context, Need need)
    {
        var headers = context.Request.Headers;
        string time = headers[BoxRequestSignature.TimeHeader].ToString();
        string signature = headers[BoxRequestSignature.SignatureHeader].ToString();
        string keyId = headers[BoxRequestSignature.KeyHeader].ToString();
        if (!Guid.TryParseExact(headers[BoxRequestSignature.BoxHeader], "D", out var box) || signature.Length is 0 or > 128 || keyId.Length != 32
            || !InstantText.TryParse(time, out var signedAt))
            return Unknown;
        if (await boxes.FindKeyAsync(box, keyId, context.RequestAborted) is not { } known) return Unknown;

        byte[] body = await JsonBody.ReadBytesAsync(context);
        string path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!BoxKeys.Verify(known.PublicKey, BoxRequestSignature.SignedBytes(context.Request.Method, path, time, body), signature)) return Unknown;

        // After the signature: only the box itself learns about its clock, and it can correct itself by the server's.
        var now = clock.GetCurrentInstant();
        if (signedAt < now - MaxSkew || signedAt > now + MaxSkew)
            return new Refusal(401, new SkewBody($"the box's clock is {Apart(signedAt, now)} from the fleet's; at most 5 minutes are accepted: set the box's clock", ErrorCodes.ClockSkew, now));
        if (context.Request.RouteValues.TryGetValue("box", out object? named) && (!Guid.TryParse(named?.ToString(), out var asked) || asked != box))
            return Refusal.Of(403, ErrorCodes.Forbidden, "a box may only ask for itself");
        context.Features.Set(known.Caller);
        context.Features.Set(new SignedBody(body));
        return null;
    }

    private static string Apart(Instant box, Instant now)
    {
        var difference = box > now ? box - now : now - box;
        return $"{difference.TotalMinutes:0} minutes";
    }

    /// <summary>401 with the server's time, by which a box with a wrong clock can sign again.</summary>
    private sealed record SkewBody(string Error, string Code, Instant ServerTime);
}

/// <summary>The body that the signature covers.</summary>
internal sealed record SignedBody(byte[] Bytes)
{
    public static SignedBody Of(HttpContext context) => context.Features.Get<SignedBody>() ?? throw new InvalidOperationException("the route does not need a box");
}

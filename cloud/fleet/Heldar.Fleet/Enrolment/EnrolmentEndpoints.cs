using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Boxes;

namespace Heldar.Fleet.Enrolment;

/// <summary><c>POST /enrol</c> for boxes and <c>POST /api/v1/enrolment-tokens</c> for administrators.</summary>
internal static class EnrolmentEndpoints
{
    public static void MapEnrolment(this IEndpointRouteBuilder app)
    {
        app.MapPost("/enrol", EnrolAsync)
            .Needs(Need.Nothing).RequireRateLimiting(AuthEndpoints.RateLimit).WithTags("Enrolment").Accepts<EnrolRequest>("application/json").Produces<EnrolResponse>();
        app.MapPost("/api/v1/enrolment-tokens", CreateTokenAsync)
            .Needs(Need.Admin).WithTags("Enrolment").Accepts<TokenRequest>("application/json").Produces<TokenAnswer>(201);
    }

    private static async Task<IResult> EnrolAsync(HttpContext context, Enroller enroller, BoxGrants grants)
    {
        var outcome = await enroller.EnrolAsync(await JsonBody.ReadAsync<EnrolRequest>(context), context.RequestAborted);
        if (outcome.Box is not { } box) return Answers.Refuse(outcome.Refusal!);
        var grant = await grants.CreateAsync(box.Tenant, box.Box, box.Shard, context.RequestAborted);
        return Results.Json(new EnrolResponse(box.Tenant, box.Site, box.TimeZone, box.Box, grant), HeldarJson.Options);
    }

    private static async Task<IResult> CreateTokenAsync(HttpContext context, Caller caller, EnrolmentTokens tokens)
    {
        var request = await JsonBody.ReadAsync<TokenRequest>(context);
        var token = await tokens.CreateAsync(caller.Tenant, request, caller.Name, context.RequestAborted);
        return token is null
            ? Answers.NotFound($"there is no site '{request.Site}'; make it with POST /api/v1/sites")
            : Results.Json(token, HeldarJson.Options, statusCode: 201);
    }
}

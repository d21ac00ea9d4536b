using Heldar.Functions.Pipeline;

namespace Heldar.Functions.Fronts;

/// <summary>GET /healthz: the process answers. GET /readyz: it can apply messages, or says why not.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this WebApplication app)
    {
        app.MapGet("/healthz", () => Results.Json(new { status = "ok" }));
        app.MapGet("/readyz", async (SchemaGate schema, CancellationToken cancellation) =>
        {
            var causes = new List<string>();
            try
            {
                if (await schema.ProblemAsync(cancellation) is { } problem) causes.Add(problem);
            }
            catch (Exception fault) when (FailurePolicy.IsTransient(fault))
            {
                causes.Add("the database does not answer: " + fault.Message);
            }

            return Results.Json(new { ready = causes.Count == 0, causes }, statusCode: causes.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });
    }
}

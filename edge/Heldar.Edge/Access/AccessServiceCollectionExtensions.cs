using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Access;

internal static class AccessServiceCollectionExtensions
{
    public static IServiceCollection AddAccess(this IServiceCollection services) => services
        .AddSingleton(s => new ApiKeys(s.GetRequiredService<BoxSettings>().DataFolder, s.GetRequiredService<IClock>(), s.GetRequiredService<ILogger<ApiKeys>>()))
        .AddSingleton(s => SignedLinks.Open(s.GetRequiredService<BoxSettings>().DataFolder, s.GetRequiredService<IClock>()))
        .AddSingleton(s => new SetupCodes(s.GetRequiredService<BoxSettings>().DataFolder, s.GetRequiredService<IClock>()))
        .AddSingleton(s => new AccountMark(s.GetRequiredService<BoxSettings>().DataFolder))
        .AddSingleton(new BoxConsole(Console.Out))
        .AddSingleton(new SignInBrake(TimeProvider.System))
        .AddSingleton<ApiKeyUse>()
        .AddSingleton<Sessions>()
        .AddSingleton<Callers>()
        .AddSingleton<PasswordWork>()
        .AddSingleton<FailureNotes>()
        .AddSingleton<SecondFactor>()
        .AddSingleton<SignIn>()
        .AddSingleton<Accounts>()
        .AddHostedService<AccountsCheck>();

    /// <summary>After routing, before every endpoint.</summary>
    public static void UseAccess(this IApplicationBuilder app) => app.UseMiddleware<AccessMiddleware>().UseMiddleware<AuditMiddleware>();

    public static void MapAccess(this IEndpointRouteBuilder app)
    {
        app.MapAuth();
        app.MapOwnAccount();
        app.MapUsers();
        app.MapApiKeys();
        app.MapAudit();
    }
}

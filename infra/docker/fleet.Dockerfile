# The fleet service with the portal. Build from the root of the repository: docker build -f infra/docker/fleet.Dockerfile -t heldar/fleet:0.1.0 .
FROM node:24.11-alpine AS portal
WORKDIR /src/cloud/fleet/portal
COPY .npmrc /src/
COPY cloud/fleet/portal/package.json cloud/fleet/portal/package-lock.json cloud/fleet/portal/.npmrc ./
RUN npm ci
COPY cloud/fleet/portal/ ./
RUN npm run build

FROM mcr.microsoft.com/dotnet/sdk:10.0.401-alpine AS build
WORKDIR /src
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY cloud/ cloud/
RUN dotnet publish cloud/fleet/Heldar.Fleet/Heldar.Fleet.csproj --configuration Release --no-self-contained --artifacts-path /artifacts --output /published

FROM mcr.microsoft.com/dotnet/aspnet:10.0.12-alpine
WORKDIR /app
COPY --from=build /published/ ./
COPY --from=portal /src/cloud/fleet/portal/dist/ portal/
ENV HELDAR_FLEET_URLS=http://0.0.0.0:5080 HELDAR_PORTAL=/app/portal DOTNET_EnableDiagnostics=0
EXPOSE 5080
USER 1654:1654
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:5080/healthz"]
ENTRYPOINT ["/app/heldar-fleet"]

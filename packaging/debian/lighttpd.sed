# Makes Debian's 50-charts-token.conf out of lighttpd/charts-token.conf: systemd starts the program and gives it the key.
1,/^$/d
/^server\.modules/i\
# charts-token under lighttpd: the endpoint /generate-token, and the page with the chart. lighty-enable-mod charts-token\
#\
# charts-token.service has the signing key and the settings: /usr/share/doc/charts-token/README.Debian. Settings of this\
# server, and variables for its logins, are lines of setenv.add-environment.\
#\
# Who may call the endpoint is for you to say (mod_auth):\
#\
#     auth.require = ("/generate-token" => ("method" => "basic", "realm" => "Charts", "require" => "valid-user"))\

/"bin-\|One process\|"max-procs"/d
s|var.charts_token_socket|"/run/charts-token/charts-token.sock"|
s|var.charts_token_htdocs|"/usr/share/charts-token/htdocs"|

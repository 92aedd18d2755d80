# Sourced: what the product needs on this machine, each with its reason. The demo's own programs are last.
need runc runc "(runs each pod as a container)"
need conmon conmon "(keeps a container's log and exit code while its node restarts)"
need ip iproute2 "(network namespaces, for looking at them by hand)"
need '/usr/lib/*-linux-gnu/libpcre2-8.so.0' libpcre2-8-0 "(regular expressions of rules)"
need clang clang "(links the CNI plugin to a native executable)"
need /usr/include/zlib.h zlib1g-dev "(same)"
need curl curl "(the client of the demo)"
need nginx nginx-light "(the web server of the demo)"
